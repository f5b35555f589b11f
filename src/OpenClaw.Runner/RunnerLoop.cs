using System.Diagnostics;
using System.Text;
using OpenClaw.Abi.Handlers;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;
using OpenClaw.Runner.Lua;

namespace OpenClaw.Runner;

/// <summary>
/// Takes commands and runs them, one at a time, in order. Before code runs that is not ours everything gathered is written,
/// <see cref="FrameKind.Started"/> last: whatever happens to the process then, the worker knows whose doing it was.
/// </summary>
internal sealed class RunnerLoop(WorkerChannel channel, LuaEngine lua)
{
    /// <summary>Runs until the worker closes its end. Gives the exit code.</summary>
    public int Run()
    {
        channel.Ready();
        while (true)
        {
            switch (channel.Reader.TryRead(out var frame))
            {
                case FrameResult.Frame when frame.Kind == FrameKind.Run && RunView.TryRead(frame.Body, out var run):
                    Execute(run);
                    if (run.Handler == HandlerKind.Lua && !StandardStreams.AreOpen)
                    {
                        // The script has closed one (io.stdout:close()): C's own stream is gone with it, for every script after this one.
                        channel.Flush();
                        return ExitCodes.Ok;
                    }
                    break;
                case FrameResult.Frame when frame.Kind == FrameKind.Exec && FrameWriter.ReadExec(frame.Body) is { } exec:
                    if (!channel.Reader.Unread.IsEmpty)
                    {
                        return Broken("commands were sent behind an Exec");
                    }
                    Become(exec);
                    break;
                case FrameResult.NeedMore:
                    channel.Flush();
                    if (!channel.Receive())
                    {
                        return ExitCodes.Ok;
                    }
                    break;
                default:
                    return Broken("a command cannot be read");
            }
        }
    }

    private static int Broken(string what)
    {
        Console.Error.WriteLine($"clw-runner: clw-protocol: {what}");
        return ExitCodes.Protocol;
    }

    private void Execute(in RunView run)
    {
        channel.Handle = run.Handle;
        channel.Started();
        var begin = Stopwatch.GetTimestamp();
        if (run.Handler == HandlerKind.Builtin)
        {
            Builtin(run, begin);
            return;
        }
        channel.Flush();
        var task = new LuaTask
        {
            Id = run.TaskId,
            Type = run.Type,
            Attempt = run.Attempt,
            Version = run.Version,
            OutputDirectory = run.OutputDirectory,
            Payload = run.Payload,
            Function = run.Function,
        };
        var outcome = lua.Run(Encoding.UTF8.GetString(run.Path), task, channel);
        if (outcome.Code is { } code)
        {
            channel.Failed(code, Encoding.UTF8.GetBytes(outcome.Message), outcome.Retryable, Micros(begin));
        }
        else
        {
            channel.Succeeded(Micros(begin), outcome.Result);
        }
    }

    private void Builtin(in RunView run, long begin)
    {
        // Nothing can go wrong in noop and nothing is gained by a write of its own.
        if (run.Type.SequenceEqual("noop"u8))
        {
            channel.Succeeded(Micros(begin), "null"u8);
            return;
        }
        channel.Flush();
        var outcome = Encoding.UTF8.GetString(run.Type) switch
        {
            Builtins.Sleep => SleepHandler.Run(run.Payload),
            Builtins.Ping => PingHandler.Run(run.Payload),
            var type => HandlerOutcome.Fail("clw-plugin-missing", $"there is no built-in {type}", retryable: false),
        };
        if (outcome.Code is { } code)
        {
            channel.Failed(code, Encoding.UTF8.GetBytes(outcome.Message), outcome.Retryable, Micros(begin));
        }
        else
        {
            channel.Succeeded(Micros(begin), outcome.Result);
        }
    }

    /// <summary>Becomes a plugin's program. Returns only when that is refused before it began.</summary>
    private void Become(ExecCommand exec)
    {
        channel.Handle = exec.Handle;
        if (ExecShim.WhyNot(exec) is { } problem)
        {
            channel.Failed(problem.Code ?? "clw-plugin-invalid", Encoding.UTF8.GetBytes(problem.Message), retryable: false, 0);
            return;
        }
        channel.Becoming();
        channel.Flush();
        channel.GiveStandardStreamsBack();
        Console.Error.WriteLine($"clw-runner: {ExecShim.Become(exec)}");
        // The worker takes our output for the program's by now: the line above and the exit code tell it.
        Environment.Exit(ExitCodes.CannotExecute);
    }

    private static long Micros(long begin) => (long)Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
}
