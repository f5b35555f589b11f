using OpenClaw.Abi.Processes;

namespace OpenClaw.Cli.Supervision;

/// <summary>
/// The programs that belong to this one: they stand beside it. Paths are those of this very build, so that a cluster that runs is not
/// touched by the next build.
/// </summary>
internal static class Programs
{
    private static readonly string Directory = AppContext.BaseDirectory;

    public static string Clw { get; } = Path.Combine(Directory, "clw");

    public static string Runner { get; } = Path.Combine(Directory, "clw-runner");

    public static string Supervisor { get; } = Path.Combine(Directory, "clw-supervisor");

    /// <summary>
    /// What a program beside this one is: <c>native</c>, machine code of its own, or <c>jit</c>, an ordinary .NET program, which has its code
    /// in a library beside it. build/make decides.
    /// </summary>
    public static string KindOf(string program) => File.Exists(program + ".dll") ? "jit" : "native";

    /// <summary>The word that starts this program for whoever reads our hints: <c>./clw</c> in a checkout, else <c>clw</c>.</summary>
    public static string Invoked { get; } = InvokedAs.Path.StartsWith("./", StringComparison.Ordinal) ? InvokedAs.Path : "clw";

    /// <summary>The link of this name, so that <c>ps</c> and <c>pgrep</c> show it; where it was not made, the program itself.</summary>
    public static string Link(string name) => Path.Combine(Directory, name) is var path && File.Exists(path) ? path : Clw;
}
