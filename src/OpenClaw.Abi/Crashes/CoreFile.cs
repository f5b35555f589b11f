using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Abi.Crashes;

/// <summary>
/// What a core says of the process that it was: the notes of core(5), as the kernel and the runtime's createdump write them. Only 64-bit
/// little-endian ones are read, which is every machine that .NET runs on under Linux.
/// </summary>
public sealed record CoreFile
{
    // elf(5), and the kernel's include/uapi/linux/elf.h.
    private const uint NoteSegment = 4;
    private const int ProgramInfo = 3;
    private const int Auxiliary = 6;
    private const int SignalInfo = 0x53494749;
    private const int MappedFiles = 0x46494c45;
    private const long AuxiliaryEntry = 9;
    private const int MostHeaderBytes = 4 << 20;
    private const int MostNoteBytes = 16 << 20;

    /// <summary>The process; 0 when the core does not say.</summary>
    public int Pid { get; private set; }

    /// <summary>The session that it belonged to; 0 when the core does not say.</summary>
    public int Session { get; private set; }

    /// <summary>The program that ran: its path at the time; null when the core does not say.</summary>
    public string? Program { get; private set; }

    /// <summary>The signal; 0 when the core does not say.</summary>
    public int Signal { get; private set; }

    /// <summary>si_code: above 0 from the kernel, else from a process.</summary>
    public int SignalCode { get; private set; }

    /// <summary>The address that the process must not have touched; null when there is none, or the kernel does not know it.</summary>
    public ulong? FaultAddress { get; private set; }

    /// <summary>The process that sent the signal; null when the kernel did.</summary>
    public int? SentBy { get; private set; }

    /// <summary>Bytes that a whole core would have.</summary>
    public long WholeBytes { get; private set; }

    /// <summary>Bytes that it has.</summary>
    public long Bytes { get; private init; }

    /// <summary>Nothing was cut off by a limit or a full disk.</summary>
    public bool IsWhole => Bytes >= WholeBytes;

    /// <summary>Reads an open file; null when it is no core.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CoreFile? Read(SafeFileHandle file)
    {
        var head = new byte[64];
        if (
            RandomAccess.Read(file, head, 0) < head.Length
            || head is not [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, ..]
            || BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(16)) != 4
        )
        {
            return null;
        }

        var at = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(32));
        int each = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(54));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(56));
        if (each < 56 || at < 64 || (long)each * count > MostHeaderBytes)
        {
            return null;
        }

        var table = Part(file, at, each * count);
        var core = new CoreFile { Bytes = RandomAccess.GetLength(file) };
        for (var i = 0; (i + 1) * each <= table.Length; i++)
        {
            var row = table.AsSpan(i * each);
            var offset = BinaryPrimitives.ReadInt64LittleEndian(row[8..]);
            var length = BinaryPrimitives.ReadInt64LittleEndian(row[32..]);
            if (offset < 0 || length < 0 || offset > long.MaxValue - length)
            {
                return null;
            }

            core.WholeBytes = Math.Max(core.WholeBytes, offset + length);
            if (BinaryPrimitives.ReadUInt32LittleEndian(row) == NoteSegment && length <= MostNoteBytes)
            {
                core.TakeNotes(Part(file, offset, (int)length));
            }
        }

        return core;
    }

    private void TakeNotes(ReadOnlySpan<byte> notes)
    {
        long entry = 0;
        ReadOnlySpan<byte> files = default;
        while (notes.Length >= 12)
        {
            var nameBytes = BinaryPrimitives.ReadInt32LittleEndian(notes);
            var bytes = BinaryPrimitives.ReadInt32LittleEndian(notes[4..]);
            var kind = BinaryPrimitives.ReadInt32LittleEndian(notes[8..]);
            if (nameBytes < 0 || bytes < 0 || 12L + Padded(nameBytes) + bytes > notes.Length)
            {
                break;
            }

            var body = notes.Slice((int)(12 + Padded(nameBytes)), bytes);
            switch (kind)
            {
                case ProgramInfo when bytes >= 40 && Pid == 0:
                    Pid = BinaryPrimitives.ReadInt32LittleEndian(body[24..]);
                    Session = BinaryPrimitives.ReadInt32LittleEndian(body[36..]);
                    break;
                case SignalInfo when bytes >= 24 && Signal == 0:
                    TakeSignal(body);
                    break;
                case Auxiliary:
                    entry = EntryOf(body);
                    break;
                case MappedFiles:
                    files = body;
                    break;
            }

            var whole = 12 + Padded(nameBytes) + Padded(bytes);
            notes = whole >= notes.Length ? default : notes[(int)whole..];
        }

        if (entry != 0 && !files.IsEmpty)
        {
            Program ??= FileAt(files, (ulong)entry);
        }
    }

    // siginfo_t: si_signo, si_errno, si_code, 4 bytes of padding, then the address of a fault, or the process that sent it.
    private void TakeSignal(ReadOnlySpan<byte> info)
    {
        const int fromKernelWithoutPlace = 0x80;
        Signal = BinaryPrimitives.ReadInt32LittleEndian(info);
        SignalCode = BinaryPrimitives.ReadInt32LittleEndian(info[8..]);
        if (SignalCode <= 0)
        {
            SentBy = BinaryPrimitives.ReadInt32LittleEndian(info[16..]) is > 0 and var sender ? sender : null;
        }
        else if (SignalCode != fromKernelWithoutPlace && HasPlace(Signal))
        {
            FaultAddress = BinaryPrimitives.ReadUInt64LittleEndian(info[16..]);
        }
    }

    // SIGILL, SIGBUS, SIGFPE and SIGSEGV come with the address.
    private static bool HasPlace(int signal) => signal is 4 or 7 or 8 or Processes.Signals.SegmentationFault;

    private static long EntryOf(ReadOnlySpan<byte> pairs)
    {
        for (; pairs.Length >= 16; pairs = pairs[16..])
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(pairs) == AuxiliaryEntry)
            {
                return BinaryPrimitives.ReadInt64LittleEndian(pairs[8..]);
            }
        }

        return 0;
    }

    // NT_FILE: how many, the page's size, then (begin, end, page) for each, then their names.
    private static string? FileAt(ReadOnlySpan<byte> files, ulong address)
    {
        if (files.Length < 16 || BinaryPrimitives.ReadInt64LittleEndian(files) is < 0 or > 1 << 20)
        {
            return null;
        }

        var count = (int)BinaryPrimitives.ReadInt64LittleEndian(files);
        if (16L + (count * 24L) > files.Length)
        {
            return null;
        }

        var names = files[(16 + (count * 24))..];
        for (var i = 0; i < count; i++)
        {
            var end = names.IndexOf((byte)0);
            if (end < 0)
            {
                return null;
            }

            var row = files[(16 + (i * 24))..];
            if (address >= BinaryPrimitives.ReadUInt64LittleEndian(row) && address < BinaryPrimitives.ReadUInt64LittleEndian(row[8..]))
            {
                return Encoding.UTF8.GetString(names[..end]);
            }

            names = names[(end + 1)..];
        }

        return null;
    }

    private static long Padded(int bytes) => ((long)bytes + 3) & ~3L;

    private static byte[] Part(SafeFileHandle file, long at, int count)
    {
        var buffer = new byte[count];
        var read = RandomAccess.Read(file, buffer, at);
        return read == count ? buffer : buffer[..read];
    }
}
