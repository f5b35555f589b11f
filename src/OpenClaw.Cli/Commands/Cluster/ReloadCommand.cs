using System.CommandLine;
using System.Text.Json;
using OpenClaw.Cli.Shell;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Telemetry;
using OpenClaw.V1;

namespace OpenClaw.Cli.Commands.Cluster;

/// <summary><c>clw cluster reload</c>: the manager and its workers read their configuration again.</summary>
internal static class ReloadCommand
{
    public static Command Create(VerbRunner run) =>
        CommandTree.Verb(
            run,
            "reload",
            "Let the manager and its workers read their configuration again",
            RunAsync,
            [.. ClusterSession.Options]
        );

    private static async Task<int> RunAsync(Invocation invocation)
    {
        using var client = ClusterSession.Open(invocation);
        var answer = (await client.ReloadAsync(invocation.Cancellation)).Value;
        if (invocation.Json)
        {
            Json.Write(invocation.Terminal, writer => Write(writer, answer));
        }
        else
        {
            foreach (var change in answer.Changed)
            {
                invocation.Terminal.WriteLine($"manager: {change}");
            }

            if (answer.Changed.Count == 0 && answer.Problems.Count == 0)
            {
                invocation.Terminal.WriteLine("manager: nothing to take up has changed");
            }

            if (answer.NeedRestart.Count > 0)
            {
                invocation.Terminal.WriteLine($"manager: needs a restart: {string.Join(", ", answer.NeedRestart)}");
            }

            invocation.Terminal.WriteLine($"{Counted.Of(answer.Workers.Count, "worker")} told; each says in its log what it took up");
        }

        if (answer.Problems.Count == 0)
        {
            return 0;
        }

        var failure = new Failure(
            Catalogue.ConfigInvalid,
            $"The manager's configuration was not taken over: {answer.Problems[0]}"
                + (answer.Problems.Count > 1 ? $" (and {answer.Problems.Count - 1} more)" : ""),
            "Correct the file on the manager's machine; what runs goes on with the settings it has"
        );
        throw failure.AsException();
    }

    private static void Write(Utf8JsonWriter writer, ReloadResponse answer)
    {
        writer.WriteStartObject();
        WriteAll(writer, "changed", answer.Changed);
        WriteAll(writer, "need_restart", answer.NeedRestart);
        WriteAll(writer, "problems", answer.Problems);
        WriteAll(writer, "workers_told", answer.Workers);
        writer.WriteEndObject();
    }

    private static void WriteAll(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
