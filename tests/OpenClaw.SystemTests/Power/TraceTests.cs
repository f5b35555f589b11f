using System.Globalization;
using System.Text.RegularExpressions;
using OpenClaw.Client.Wire;
using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Power;

/// <summary>
/// Proves with the kernel as witness: between the read that brings a submission into the manager and the write that takes its answer
/// out, the log of the database is written and synced, and the sync has succeeded.
/// </summary>
public sealed partial class TraceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_sync_of_the_log_stands_between_receipt_and_acknowledgement()
    {
        var strace = Checkout.Need("strace");
        await using var cluster = new Cluster();
        await cluster.StartManagerAsync();
        using var client = cluster.Client();
        Assert.True((await client.SubmitAsync(TaskMessages.Spec("nobody-serves-this", "\"warm\""))).IsOk);

        var file = cluster.Room.Path("trace");
        var tracer = cluster.Room.Start(
            strace,
            [
                "-f",
                "-ttt",
                "-T",
                "-y",
                "-xx",
                "-s",
                "65536",
                "-o",
                file,
                "-p",
                cluster.Manager.Id.ToString(CultureInfo.InvariantCulture),
                "-e",
                "trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync",
            ]
        );
        await Until.TrueAsync(
            () => tracer.HasExited || tracer.Errors.Contains("attached", StringComparison.Ordinal),
            "strace has attached",
            details: () => tracer.Said
        );
        Checkout.Unless(!tracer.HasExited, $"strace may not attach here: {tracer.Errors.Trim()}");

        const string Mark = "a payload that is seen on the wire";
        var id = (await client.SubmitAsync(TaskMessages.Spec("nobody-serves-this", $"\"{Mark}\""))).Value.Id;
        tracer.Signal(Signals.Interrupt);
        await tracer.EndAsync();
        await cluster.StopAsync();

        var calls = Calls(await File.ReadAllLinesAsync(file));
        var received = calls.FirstOrDefault(c => c.IsInput && c.Holds(Mark));
        var answered = calls.FirstOrDefault(c => c.IsOutput && c.Holds(id));
        Assert.True(received is not null && answered is not null, "the trace shows neither the submission nor its answer");
        var between = calls
            .Where(c => c.Begin >= received.End && c.End <= answered.Begin && c.File.EndsWith("-wal", StringComparison.Ordinal))
            .ToList();
        var written = between.FirstOrDefault(c => c.Name is "pwrite64" or "write" && c.Holds(Mark));
        var synced = between.FirstOrDefault(c =>
            c.Name is "fdatasync" or "fsync" && c.Result == "0" && written is not null && c.Begin >= written.End
        );
        Assert.True(written is not null, $"the task was not written to the log before its answer:\n{string.Join('\n', between)}");
        Assert.True(synced is not null, $"the log was not synced between receipt and answer:\n{string.Join('\n', between)}");
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"receipt, +{Ms(written.Begin)} ms write of the log, +{Ms(synced.Begin)} ms {synced.Name}, +{Ms(synced.End)} ms on disk, +{Ms(answered.Begin)} ms answer"
            )
        );
        string Ms(double at) => ((at - received.End) * 1000).ToString("0.0", CultureInfo.InvariantCulture);
    }

    /// <summary>The system calls of a trace, those that were interrupted by others' lines put together again.</summary>
    private static List<Call> Calls(string[] lines)
    {
        var begun = new Dictionary<string, (double At, string Text)>(StringComparer.Ordinal);
        var calls = new List<Call>();
        foreach (var line in lines)
        {
            var head = Head().Match(line);
            if (!head.Success)
            {
                continue;
            }

            var thread = head.Groups["thread"].Value;
            var at = double.Parse(head.Groups["at"].Value, CultureInfo.InvariantCulture);
            var text = head.Groups["text"].Value;
            if (text.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                begun[thread] = (at, text[..^"<unfinished ...>".Length]);
                continue;
            }

            if (Resumed().Match(text) is { Success: true } resumed)
            {
                if (!begun.Remove(thread, out var first))
                {
                    continue;
                }

                (at, text) = (first.At, first.Text + resumed.Groups["rest"].Value);
            }

            if (Whole().Match(text) is { Success: true } call)
            {
                var took = double.Parse(call.Groups["took"].Value, CultureInfo.InvariantCulture);
                calls.Add(
                    new Call(call.Groups["name"].Value, Plain(call.Groups["file"].Value), call.Groups["result"].Value, at, at + took, text)
                );
            }
        }

        return [.. calls.OrderBy(c => c.Begin)];
    }

    // -xx also writes names in hexadecimal; then they are turned back.
    private static string Plain(string text) => HexByte().Replace(text, m => ((char)Convert.ToByte(m.Groups["byte"].Value, 16)).ToString());

    private sealed record Call(string Name, string File, string Result, double Begin, double End, string Text)
    {
        public bool IsInput => Name is "read" or "readv" or "recvfrom" or "recvmsg";
        public bool IsOutput => Name is "write" or "writev" or "sendto" or "sendmsg";

        /// <summary>Whether the bytes that travelled hold this text.</summary>
        public bool Holds(string text) => Text.Contains(string.Concat(text.Select(c => $"\\x{(int)c:x2}")), StringComparison.Ordinal);

        public override string ToString() => $"{Name}({File}) = {Result}";
    }

    [GeneratedRegex(@"^(?<thread>\d+)\s+(?<at>\d+\.\d+) (?<text>.*)$")]
    private static partial Regex Head();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>(?<rest>.*)$")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^(?<name>\w+)\(\d+<(?<file>[^>]*)>.*= (?<result>-?\w+)[^=]*<(?<took>\d+\.\d+)>$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"\\x(?<byte>[0-9a-f]{2})")]
    private static partial Regex HexByte();
}
