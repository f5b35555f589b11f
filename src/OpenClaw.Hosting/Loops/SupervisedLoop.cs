using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Links;
using OpenClaw.Hosting.Links;

namespace OpenClaw.Hosting.Loops;

/// <summary>
/// The background loop, written once: passes with a jittered rest between them, a mandatory rest after a fault, one error
/// when a fault begins, reminders while it lasts, one line when it is over. It ends only when it is cancelled.
/// </summary>
public sealed partial class SupervisedLoop
{
    private readonly LoopOptions options;
    private readonly Func<CancellationToken, ValueTask> pass;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Random random;
    private readonly Backoff backoff;
    private readonly Damper damper;
    private readonly Channel<bool> wakes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }
    );
    private volatile LoopStatus status = new(0, 0, null, null);

    /// <param name="options">How to run; wrong ones throw <see cref="ArgumentException"/>.</param>
    /// <param name="pass">One pass. Whatever it throws is a fault, except a cancellation that was asked for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where the lines go.</param>
    /// <param name="seed">Of the jitter.</param>
    public SupervisedLoop(LoopOptions options, Func<CancellationToken, ValueTask> pass, TimeProvider time, ILogger logger, int seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Period < TimeSpan.Zero)
        {
            throw new ArgumentException($"loop {options.Name}: the period is negative", nameof(options));
        }

        if (options.Fault.Validate($"loop {options.Name}").FirstOrDefault() is { } wrong)
        {
            throw new ArgumentException(wrong.Message, nameof(options));
        }

        this.options = options;
        this.pass = pass;
        this.time = time;
        this.logger = logger;
        random = new(seed);
        backoff = new(options.Fault, random);
        damper = new(time, first: 1, options.Reminder);
    }

    /// <summary>How the loop stands. Thread-safe.</summary>
    public LoopStatus Status => status;

    /// <summary>Ends a running rest between passes, or the next one if none runs. Wakes add up to one. Thread-safe.</summary>
    public void Wake() => wakes.Writer.TryWrite(true);

    /// <summary>Runs passes until cancelled; then returns, and does not throw. Call it once.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await pass(ct);
                Recovered();
                await RestAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                var rest = Faulted(e);
                await Task.Delay(rest, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RestAsync(CancellationToken ct)
    {
        if (options.Period == TimeSpan.Zero)
        {
            // A pass that never waits would else keep the thread of whoever resumed the loop, a timer's for instance.
            await Task.Yield();
        }
        else if (!wakes.Reader.TryRead(out _))
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var slept = Task.Delay(Backoff.Spread(options.Period, options.Jitter, random), time, over.Token);
            var woken = wakes.Reader.WaitToReadAsync(over.Token).AsTask();
            await Task.WhenAny(slept, woken);
            await over.CancelAsync();
            await ((Task)woken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await slept.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wakes.Reader.TryRead(out _);
        }
    }

    private void Recovered()
    {
        var was = status;
        status = new(was.Passes + 1, 0, null, null);
        if (!was.IsHealthy)
        {
            backoff.Reset();
            damper.Reset();
            var lasted = time.GetUtcNow() - was.FaultySince!.Value;
            Recovery(logger, options.Name, LinkLog.Spoken(lasted), was.FailuresInARow);
        }
    }

    private TimeSpan Faulted(Exception e)
    {
        var was = status;
        status = new(was.Passes, Math.Min(was.FailuresInARow + 1, int.MaxValue - 1), was.FaultySince ?? time.GetUtcNow(), e);
        var rest = backoff.Next();
        if (damper.Allow(out _))
        {
            // A failure with a code speaks for itself; anything else is a bug and needs its stack.
            var failure = (e as FailureException)?.Failure ?? new Failure(Catalogue.Internal, $"{e.GetType().Name}: {e.Message}");
            var stack = e is FailureException ? null : e;
            if (was.IsHealthy)
            {
                Fault(logger, failure.Code, options.Name, failure.Message, LinkLog.Spoken(rest), stack);
            }
            else
            {
                StillFaulty(logger, failure.Code, options.Name, status.FailuresInARow, failure.Message);
            }
        }

        return rest;
    }

    [LoggerMessage(1100, LogLevel.Error, "{Code}: {Loop} failed: {Cause}. Trying again in {Wait}, and on until it goes")]
    private static partial void Fault(ILogger logger, string code, string loop, string cause, string wait, Exception? e);

    [LoggerMessage(1101, LogLevel.Error, "{Code}: {Loop} still fails, {Times} times in a row: {Cause}")]
    private static partial void StillFaulty(ILogger logger, string code, string loop, int times, string cause);

    [LoggerMessage(1102, LogLevel.Information, "{Loop} goes on after {Lasted} and {Times} failed tries")]
    private static partial void Recovery(ILogger logger, string loop, string lasted, int times);
}
