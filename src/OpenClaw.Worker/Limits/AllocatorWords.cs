namespace OpenClaw.Worker.Limits;

/// <summary>Recognises by its last words that a program got no more memory and gave up, whatever its exit code. Pure.</summary>
internal static class AllocatorWords
{
    /// <summary>A traceback ends with them; what a program wrote long before its end does not count.</summary>
    private const int LastLinesLookedAt = 10;

    // Of libc and C++, Python, Java and .NET, Go, Rust, Ruby, Node, the tools of the shell.
    private static readonly string[] Words =
    [
        "out of memory",
        "OutOfMemory",
        "memory exhausted",
        "allocate memory",
        "memory allocation",
        "allocation fail",
        "bad_alloc",
        "MemoryError",
        "insufficient memory",
        "not enough memory",
        "ENOMEM",
    ];

    /// <param name="lines">What it wrote to its standard error, oldest first.</param>
    public static bool Are(IEnumerable<string>? lines) =>
        (lines ?? [])
            .TakeLast(LastLinesLookedAt)
            .Any(static line => Array.Exists(Words, word => line.Contains(word, StringComparison.OrdinalIgnoreCase)));
}
