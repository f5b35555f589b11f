using OpenClaw.Abi.Files;

namespace OpenClaw.Cli.Install;

/// <summary>How a step came out.</summary>
internal enum StepResult
{
    /// <summary>It changed something (or would, in a dry run).</summary>
    Done,

    /// <summary>There was nothing to do.</summary>
    There,

    /// <summary>Left as it is, on purpose; the step's note says why.</summary>
    Left,
}

/// <summary>One thing that an installation does: small enough to be named in a line, repeatable without harm.</summary>
/// <param name="What">What it does, as an order: <c>link /usr/local/bin/clw -> …</c>.</param>
internal abstract record Step(string What)
{
    /// <summary>Why it was left; null otherwise. Set by <see cref="Look"/>.</summary>
    public string? Note { get; protected set; }

    /// <summary>Whether there is something to do. Changes nothing.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public abstract StepResult Look();

    /// <summary>Does it. Called only after <see cref="Look"/> has said that there is something to do.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be done.</exception>
    public abstract void Do();
}

/// <summary>A directory with a mode, and an owner when the machine has that user.</summary>
internal sealed record MakeDirectory(string Path, UnixFileMode Mode, string? Owner = null, string? Group = null)
    : Step($"make {Path} ({ModeText(Mode)}{(Owner is null ? "" : $", {Owner}{(Group is null ? "" : ":" + Group)}")})")
{
    // One that is there keeps its mode and owner: an administrator may have chosen them.
    public override StepResult Look() => Directory.Exists(Path) ? StepResult.There : StepResult.Done;

    public override void Do()
    {
        Directory.CreateDirectory(Path);
        File.SetUnixFileMode(Path, Mode);
        if (Owner is not null)
        {
            Tool.Run("chown", $"{Owner}:{Group ?? Owner}", Path);
        }
    }

    private static string ModeText(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8);
}

/// <summary>A symbolic link. What stands there and is no link is left.</summary>
internal sealed record MakeLink(string Path, string Target) : Step($"link {Path} -> {Target}")
{
    public override StepResult Look()
    {
        var file = new FileInfo(Path);
        if (file.LinkTarget == Target)
        {
            return StepResult.There;
        }

        if (file.LinkTarget is null && (file.Exists || Directory.Exists(Path)))
        {
            Note = "something else has this name";
            return StepResult.Left;
        }

        return StepResult.Done;
    }

    public override void Do()
    {
        // Made beside and renamed over, so that the name is never missing.
        var beside = $"{Path}.{Environment.ProcessId}.new";
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.Delete(beside);
        File.CreateSymbolicLink(beside, Target);
        Rename.Over(beside, Path);
    }
}

/// <summary>A file of ours with this content, 0644. One with other content is replaced.</summary>
internal sealed record WriteFile(string Path, string Content, bool KeepOther = false) : Step($"write {Path}")
{
    public override StepResult Look()
    {
        if (!File.Exists(Path))
        {
            return StepResult.Done;
        }

        if (File.ReadAllText(Path) == Content)
        {
            return StepResult.There;
        }

        Note = KeepOther ? "it says something else" : null;
        return KeepOther ? StepResult.Left : StepResult.Done;
    }

    public override void Do()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        var beside = $"{Path}.{Environment.ProcessId}.new";
        File.WriteAllText(beside, Content);
        File.SetUnixFileMode(beside, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(beside, Path, overwrite: true);
    }
}

/// <summary>A program of the machine that has to be called.</summary>
/// <param name="What">What for.</param>
/// <param name="Needed">Whether it is to be called at all.</param>
/// <param name="Command">Program and arguments.</param>
internal sealed record Call(string What, Func<bool> Needed, params string[] Command) : Step(What)
{
    public override StepResult Look() => Needed() ? StepResult.Done : StepResult.There;

    public override void Do() => Tool.Run(Command[0], Command[1..]);
}

/// <summary>Removes a link or a file of ours, or a directory with all that is in it.</summary>
/// <param name="Path">What goes.</param>
/// <param name="IsOurs">False: somebody else's, which stays.</param>
internal sealed record Remove(string Path, Func<string, bool>? IsOurs = null) : Step($"remove {Path}")
{
    public override StepResult Look()
    {
        var there = File.Exists(Path) || Directory.Exists(Path) || new FileInfo(Path).LinkTarget is not null;
        if (there && IsOurs is not null && !IsOurs(Path))
        {
            Note = "it is not ours";
            return StepResult.Left;
        }

        return there ? StepResult.Done : StepResult.There;
    }

    public override void Do()
    {
        if (new FileInfo(Path).LinkTarget is null && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
        else
        {
            File.Delete(Path);
        }
    }
}
