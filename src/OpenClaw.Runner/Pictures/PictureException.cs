namespace OpenClaw.Runner.Pictures;

/// <summary>A picture that cannot be used. Stays inside this folder: the host function that reads the picture makes a failure of it.</summary>
/// <param name="problem">What is wrong, without the file's name.</param>
/// <param name="position">Offset of the byte in the file where it was seen; null where that means nothing.</param>
internal sealed class PictureException(string problem, long? position = null)
    : Exception(position is { } at ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{problem} (byte {at})") : problem)
{
    public long? Position { get; } = position;
}
