namespace OpenClaw.Hosting.Links;

// One dial and what came of it.
public sealed partial class LinkDriver<TConnection>
{
    private sealed class Attempt : IDisposable
    {
        private readonly CancellationTokenSource cancel = new();
        private readonly Lock gate = new();
        private Task? ended;

        public Attempt(LinkSession session)
        {
            Session = session;
            Token = cancel.Token;
            KeepAlive = new(this);
            Health = new(this);
        }

        public LinkSession Session { get; }

        public CancellationToken Token { get; }

        /// <summary>The machine's word on the dialled connection: serve it (true), or close it.</summary>
        public TaskCompletionSource<bool> Accepted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TConnection? Connection { get; set; }

        public Chore KeepAlive { get; }

        public Chore Health { get; }

        /// <summary>Asks for the end, of the dial or of the use. What listens to the token runs on no thread of ours.</summary>
        public Task End()
        {
            Accepted.TrySetResult(false);
            lock (gate)
            {
                return ended ??= cancel.CancelAsync();
            }
        }

        /// <summary>Asks for the end and waits until no chore uses the connection any more.</summary>
        public async Task EndAsync()
        {
            await End();
            await KeepAlive.Running;
            await Health.Running;
        }

        /// <summary>Call it when <see cref="EndAsync"/> has returned; asking for the end goes on being harmless.</summary>
        public void Dispose()
        {
            lock (gate)
            {
                ended ??= Task.CompletedTask;
                cancel.Dispose();
            }
        }

        /// <summary>Something done beside the use of the connection, one at a time, and never after its end was asked for.</summary>
        public sealed class Chore(Attempt attempt)
        {
            /// <summary>Posts what went wrong and does not throw.</summary>
            public Task Running { get; private set; } = Task.CompletedTask;

            /// <summary>False when the last one still runs.</summary>
            public bool TryStart(Func<Attempt, Task> chore)
            {
                lock (attempt.gate)
                {
                    if (!Running.IsCompleted)
                    {
                        return false;
                    }

                    if (attempt.ended is null)
                    {
                        Running = chore(attempt);
                    }

                    return true;
                }
            }
        }
    }
}
