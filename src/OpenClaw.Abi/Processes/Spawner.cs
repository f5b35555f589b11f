using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace OpenClaw.Abi.Processes;

/// <summary>
/// Starts processes, always on one thread that never ends: on Linux a child's wish to die with its parent (PR_SET_PDEATHSIG) is tied
/// to the thread that started it, and a thread of the pool may end at any time.
/// </summary>
internal static unsafe class Spawner
{
    // glibc, musl and macOS agree on these two; not on the session.
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;
    private static readonly short SetSession = (short)(Native.IsMac ? 0x400 : 0x80);
    private const short MacCloseAllOthers = 0x4000;

    // Larger than posix_spawnattr_t (336 bytes on glibc) and posix_spawn_file_actions_t (80) anywhere.
    private const int OpaqueBytes = 1024;
    private const int SignalSetBytes = 256;
    private const int LastSignal = 31;

    private static readonly BlockingCollection<Action> Requests = [];
    private static readonly Lazy<bool> CanCloseFrom = new(() =>
        Native.IsLinux
        && NativeLibrary.TryLoad("libc.so.6", out var library)
        && NativeLibrary.TryGetExport(library, "posix_spawn_file_actions_addclosefrom_np", out _)
    );

    static Spawner() => new Thread(Serve, 256 << 10) { IsBackground = true, Name = "clw-spawner" }.Start();

    private static void Serve()
    {
        foreach (var request in Requests.GetConsumingEnumerable())
        {
            request();
        }
    }

    /// <summary>Runs <paramref name="start"/> on the thread and hands on what it gives or throws.</summary>
    public static T OnThread<T>(Func<T> start)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add(() =>
        {
            try
            {
                done.SetResult(start());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Starts a process and gives its number. Call on the thread.</summary>
    /// <exception cref="ChildStartException">The system refused.</exception>
    public static int Spawn(ChildStart start)
    {
        using var path = new NativeText([start.Path]);
        using var arguments = new NativeText(start.Arguments);
        using var environment = new NativeText(start.Environment);
        using var directory = new NativeText([start.WorkingDirectory ?? ""]);
        var actions = stackalloc byte[OpaqueBytes];
        var attributes = stackalloc byte[OpaqueBytes];
        var signals = stackalloc byte[SignalSetBytes];
        Require(start, Native.posix_spawn_file_actions_init(actions));
        var copies = new List<SafeHandle>(start.Descriptors.Count);
        try
        {
            Require(start, Native.posix_spawnattr_init(attributes));
            try
            {
                // .NET ignores SIGPIPE, and what is ignored stays ignored in a child: everything goes back to its default.
                _ = Native.sigemptyset(signals);
                Require(start, Native.posix_spawnattr_setsigmask(attributes, signals));
                AllSignals(signals);
                Require(start, Native.posix_spawnattr_setsigdefault(attributes, signals));
                var flags = (short)(SetSignalDefaults | SetSignalMask);
                flags |= start.NewSession ? SetSession : (short)0;
                flags |= Native.IsMac ? MacCloseAllOthers : (short)0;
                Require(start, Native.posix_spawnattr_setflags(attributes, flags));
                AddDescriptors(start, actions, copies);
                if (start.WorkingDirectory is not null)
                {
                    Require(start, Native.posix_spawn_file_actions_addchdir_np(actions, directory.First));
                }
                int pid;
                Require(start, Native.posix_spawn(&pid, path.First, actions, attributes, arguments.Vector, environment.Vector));
                return pid;
            }
            finally
            {
                _ = Native.posix_spawnattr_destroy(attributes);
            }
        }
        finally
        {
            _ = Native.posix_spawn_file_actions_destroy(actions);
            foreach (var copy in copies)
            {
                copy.Dispose();
            }
        }
    }

    private static void AllSignals(byte* signals)
    {
        if (Native.IsLinux)
        {
            // A bit per signal. Set by hand, because glibc leaves its two private ones out, and then ignores them in every child.
            *(ulong*)signals = ~((1UL << (Signals.Kill - 1)) | (1UL << (Signals.Stop - 1)));
            return;
        }
        for (var signal = 1; signal <= LastSignal; signal++)
        {
            if (signal != Signals.Kill && signal != Signals.Stop)
            {
                _ = Native.sigaddset(signals, signal);
            }
        }
    }

    private static void AddDescriptors(ChildStart start, byte* actions, List<SafeHandle> copies)
    {
        var last = 2;
        foreach (var descriptor in start.Descriptors)
        {
            last = Math.Max(last, descriptor.Number);
        }
        // Copies above every number that the child gets: no dup2 can overwrite the source of a later one, nor hit itself and keep close-on-exec.
        foreach (var (number, handle) in start.Descriptors)
        {
            var copy = Descriptors.Duplicate(handle, last + 1);
            copies.Add(copy);
            Require(start, Native.posix_spawn_file_actions_adddup2(actions, (int)copy.DangerousGetHandle(), number));
        }
        for (var number = 0; number <= last; number++)
        {
            if (start.Descriptors.Any(d => d.Number == number))
            {
                continue;
            }
            if (number > 2)
            {
                Require(start, Native.IsMac ? 0 : Native.posix_spawn_file_actions_addclose(actions, number));
            }
            else if (Native.IsMac)
            {
                Require(start, Native.posix_spawn_file_actions_addinherit_np(actions, number));
            }
        }
        // Where this is missing (musl) close-on-exec, which everything we open has, must do.
        if (Native.IsLinux && CanCloseFrom.Value)
        {
            Require(start, Native.posix_spawn_file_actions_addclosefrom_np(actions, last + 1));
        }
    }

    private static void Require(ChildStart start, int error)
    {
        if (error != 0)
        {
            throw new ChildStartException(start.Path, error);
        }
    }
}
