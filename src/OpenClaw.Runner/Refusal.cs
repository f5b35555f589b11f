namespace OpenClaw.Runner;

/// <summary>Why a host function did not do what it was asked, as a value.</summary>
/// <param name="Code">A code of the catalogue.</param>
/// <param name="Message">One sentence, with what to do next where that is known.</param>
/// <param name="Retryable">Whether another attempt may help.</param>
internal sealed record Refusal(string Code, string Message, bool Retryable = false)
{
    public const string PictureInvalid = "clw-picture-invalid";
    public const string PictureTool = "clw-picture-tool";
    public const string PathRefused = "clw-path-refused";
    public const string HttpRefused = "clw-http-refused";
}
