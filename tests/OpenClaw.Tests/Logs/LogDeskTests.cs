using System.Collections.Concurrent;
using OpenClaw.Core.Telemetry;
using OpenClaw.Hosting.Logs;
using OpenClaw.V1;
using OpenClaw.Worker.Session;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.Tests.Logs;

/// <summary>The worker's side of readers that come and go.</summary>
public sealed class LogDeskTests
{
    [Fact(Timeout = 30_000)]
    public async Task AReaderThatLeavesAtTheMomentOfItsAnswerDoesNoHarm()
    {
        using var shelf = new LogShelf(TimeProvider.System);
        shelf.Add(new EmptyLog());
        var answers = new ConcurrentQueue<long>();
        await using var desk = new LogDesk(shelf, message => answers.Enqueue(message.LogPart.Number));
        for (var number = 1; number <= 20_000; number++)
        {
            desk.Read(new ReadLog { Number = number, Log = "worker" });

            // Now before, now after the answer, and now within it.
            Thread.SpinWait(number % 200);
            desk.Stop(number);
            desk.Stop(Math.Max(1, number - 3));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task TheEndOfTheSessionEndsWhatWaits()
    {
        using var shelf = new LogShelf(TimeProvider.System);
        shelf.Add(new EmptyLog());
        var answers = new ConcurrentQueue<long>();
        var desk = new LogDesk(shelf, message => answers.Enqueue(message.LogPart.Number));
        for (var number = 1; number <= 100; number++)
        {
            desk.Read(
                new ReadLog
                {
                    Number = number,
                    Log = "worker",
                    Wait = true,
                }
            );
        }

        await desk.DisposeAsync();
        Assert.Empty(answers);
    }

    private sealed class EmptyLog : ILogSource
    {
        public string Name => "worker";

        public string Component => "worker";

        public Task News { get; } = new TaskCompletionSource().Task;

        public LogPage Read(LogRequest request) => new([], LogPlace.Beginning, IsEnd: true);
    }
}
