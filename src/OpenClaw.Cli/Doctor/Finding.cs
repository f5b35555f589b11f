using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Doctor;

/// <summary>What a check comes to.</summary>
internal enum Level
{
    Ok,

    /// <summary>Works, and deserves a look.</summary>
    Warn,

    /// <summary>Does not work, or soon will not.</summary>
    Fail,

    /// <summary>Could not be looked at, or has no meaning here; the text says why.</summary>
    Skip,
}

/// <summary>One line of <c>clw doctor</c>.</summary>
/// <param name="Check">A word or two: <c>conntrack</c>, <c>disk data</c>.</param>
/// <param name="Level">The verdict.</param>
/// <param name="Text">What was seen, with numbers; for a warning or a failure also what comes of it.</param>
/// <param name="Next">What to do; null where nothing is to be done.</param>
/// <param name="Code">The entry of the catalogue that this ends in, if it has one.</param>
internal sealed record Finding(string Check, Level Level, string Text, string? Next = null, string? Code = null)
{
    public static Finding Ok(string check, string text) => new(check, Level.Ok, text);

    public static Finding Skip(string check, string why) => new(check, Level.Skip, why);

    public static Finding Warn(string check, string text, string next, ErrorEntry? entry = null) =>
        new(check, Level.Warn, text, next, entry?.Code);

    public static Finding Fail(string check, string text, string next, ErrorEntry? entry = null) =>
        new(check, Level.Fail, text, next, entry?.Code);

    public static Finding Fail(string check, Failure failure) => new(check, Level.Fail, failure.Message, failure.NextStep, failure.Code);
}
