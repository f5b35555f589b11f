using System.Collections.Concurrent;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OpenClaw.Abi.Processes;

namespace OpenClaw.Supervisor;

/// <summary>
/// Writes lines on a thread of its own: a terminal that stands still or a pipe that nobody reads must not stop the one program that
/// keeps the others alive. Holds 1,000 lines; beyond that, lines are lost. Thread-safe.
/// </summary>
internal sealed class LineWriter : IDisposable
{
    private const int MaxLines = 1000;
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly BlockingCollection<string> lines = new(MaxLines);
    private readonly SafeFileHandle target;
    private readonly LineFile? file;
    private readonly Thread thread;

    /// <param name="descriptor">Stays open.</param>
    /// <param name="file">Gets the lines as well; null: none.</param>
    public LineWriter(int descriptor, LineFile? file = null)
    {
        this.file = file;
        target = new SafeFileHandle(descriptor, ownsHandle: false);
        thread = new Thread(Serve, 256 << 10) { IsBackground = true, Name = "clw-lines" };
        thread.Start();
    }

    public void Say(string line) => _ = lines.TryAdd(line);

    private void Serve()
    {
        foreach (var line in lines.GetConsumingEnumerable())
        {
            file?.Append(line);
            try
            {
                _ = Descriptors.WriteAll(target, Encoding.UTF8.GetBytes(line + "\n"));
            }
            catch (IOException)
            {
                // Nobody there, or a full disk: the lines are for people, the work goes on.
            }
        }
    }

    public void Dispose()
    {
        lines.CompleteAdding();
        if (thread.Join(LastWords))
        {
            lines.Dispose();
        }
        target.Dispose();
    }
}
