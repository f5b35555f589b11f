using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;
using OpenClaw.V1;

namespace OpenClaw.Rpc.Api;

/// <summary>Logs in the words of the wire and in ours.</summary>
public static class LogMessages
{
    /// <summary>A filter as it came; what is wrong with its pattern is the caller's mistake.</summary>
    public static Result<Core.Telemetry.LogFilter> ReadFilter(V1.LogFilter? filter) =>
        filter is null
            ? Core.Telemetry.LogFilter.Everything
            : Core.Telemetry.LogFilter.Create(
                filter.Components,
                filter.Task,
                filter.Pattern,
                filter.SinceMs > 0 ? TimeOf(filter.SinceMs) : null
            );

    /// <summary>What a worker is to read.</summary>
    public static Result<LogRequest> ReadRequest(ReadLog message)
    {
        ArgumentNullException.ThrowIfNull(message);
        LogPlace? from = null;
        if (message.Place.Length > 0)
        {
            if (!LogPlace.TryParse(message.Place, out var place))
            {
                return new Failure(Catalogue.Usage, $"'{message.Place}' is no place in a log");
            }

            from = place;
        }

        var filter = ReadFilter(message.Filter);
        return filter.IsOk
            ? new LogRequest
            {
                From = from,
                Filter = filter.Value,
                Last = message.Last,
                Began = message.BeganMs > 0 ? TimeOf(message.BeganMs) : null,
                Wait = message.Wait,
                MostChars = message.MostChars is > 0 and < LogPage.MostChars ? message.MostChars : LogPage.MostChars,
            }
            : filter.Failure;
    }

    /// <summary>What was read, as an answer.</summary>
    public static LogPart Write(long number, LogPage page)
    {
        ArgumentNullException.ThrowIfNull(page);
        var part = new LogPart
        {
            Number = number,
            Place = page.Behind.ToString(),
            End = page.IsEnd,
            Note = page.Note ?? "",
        };
        foreach (var line in page.Lines)
        {
            part.Lines.Add(
                new LogPartLine
                {
                    Component = line.Component,
                    Level = line.Severity.Name(),
                    AtMs = line.At.ToUnixTimeMilliseconds(),
                    Text = line.Text,
                    Place = line.Behind.ToString(),
                }
            );
        }

        return part;
    }

    /// <summary>The time that somebody sent; one beyond all time is the last.</summary>
    public static DateTimeOffset TimeOf(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
