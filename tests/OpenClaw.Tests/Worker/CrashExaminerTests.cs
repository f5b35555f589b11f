using Microsoft.Extensions.Logging.Abstractions;
using OpenClaw.Abi.Crashes;
using OpenClaw.Abi.Processes;
using OpenClaw.Worker.Crashes;

namespace OpenClaw.Tests.Worker;

public sealed class CrashExaminerTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("clw-examiner-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [InlineData(Signals.Kill, 20)]
    [InlineData(null, 40)]
    public async Task An_end_that_leaves_no_core_does_not_wait_for_the_crashes_before_it(int? signal, int before)
    {
        var records = new CrashRecords(Path.Combine(directory, "crashes"));
        using var debugger = new ManualResetEventSlim();
        var (crashes, told) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using (var examiner = Examiner(records))
        {
            // As a debugger that takes long over the first.
            for (var i = 0; i < before; i++)
            {
                examiner.Examine(
                    Scene(100 + i, Signals.SegmentationFault),
                    report =>
                    {
                        _ = Interlocked.Increment(ref crashes);
                        if (report.CoreNote?.Contains("more crashes", StringComparison.Ordinal) != true)
                        {
                            debugger.Wait(TestContext.Current.CancellationToken);
                        }
                    }
                );
            }

            examiner.Examine(Scene(7, signal), report => told.SetResult());
            try
            {
                await told.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            }
            finally
            {
                debugger.Set();
            }
        }

        // Told once each, and each has its report, also those that were not looked at.
        Assert.Equal(before, crashes);
        Assert.Equal([7, .. Enumerable.Range(100, before)], records.Since(DateTimeOffset.UnixEpoch, 100).Select(r => r.Pid).Order());
    }

    private static CrashExaminer Examiner(CrashRecords records) =>
        new(
            new CrashKeeping(CoresOn: false, new CoreShelf("/tmp/clw-core.%p", 1, 1, 1)),
            records,
            action => action(),
            TimeProvider.System,
            NullLogger.Instance
        );

    private CrashScene Scene(int pid, int? signal) =>
        new()
        {
            Report = new CrashReport
            {
                AtMs = 1,
                Pid = pid,
                Cause = "",
            },
            Signal = signal,
            WorkingDirectory = directory,
            Since = DateTimeOffset.UnixEpoch,
        };
}
