using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace OpenClaw.Cli.Doctor;

/// <summary>What an executable of Linux says of itself (elf(5)): for which machine it is, which loader it asks for, which libraries it needs.</summary>
/// <param name="Machine">e_machine.</param>
/// <param name="Is64Bit">The class.</param>
/// <param name="Interpreter">The loader; null for one that needs none (a static one, a library).</param>
/// <param name="Needed">Names of libraries.</param>
internal sealed record ElfFile(ushort Machine, bool Is64Bit, string? Interpreter, IReadOnlyList<string> Needed)
{
    private const int LargestTable = 1 << 20;
    private const uint Load = 1;
    private const uint Dynamic = 2;
    private const uint Interp = 3;
    private const long TagNeeded = 1;
    private const long TagStrings = 5;

    /// <summary>Null for a file that is no ELF file, or one that is cut short or big-endian.</summary>
    public static ElfFile? Read(string path)
    {
        using var file = File.OpenHandle(path);
        var head = Bytes(file, 0, 64);
        if (head is not [0x7f, (byte)'E', (byte)'L', (byte)'F', var size, 1, ..] || head.Length < 52)
        {
            return null;
        }

        var wide = size == 2;
        var machine = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(18));
        if (!wide)
        {
            // Enough to say that it is for another machine.
            return new ElfFile(machine, false, null, []);
        }

        var at = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(32));
        int each = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(54));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(56));
        var table = Bytes(file, at, each * count);
        List<Segment> segments = [];
        for (var i = 0; each >= 56 && (i + 1) * each <= table.Length; i++)
        {
            var row = table.AsSpan(i * each);
            segments.Add(
                new(
                    BinaryPrimitives.ReadUInt32LittleEndian(row),
                    BinaryPrimitives.ReadInt64LittleEndian(row[8..]),
                    BinaryPrimitives.ReadInt64LittleEndian(row[16..]),
                    BinaryPrimitives.ReadInt64LittleEndian(row[32..])
                )
            );
        }

        var loader = segments.Find(s => s.Kind == Interp);
        var interpreter = loader is null ? null : TextAt(Bytes(file, loader.Offset, (int)Math.Min(loader.Bytes, 4096)), 0);
        return new ElfFile(machine, true, interpreter, Libraries(file, segments));
    }

    /// <summary>The machine of this process.</summary>
    public static ushort Here { get; } =
        RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 62,
            Architecture.Arm64 => 183,
            Architecture.X86 => 3,
            Architecture.Arm => 40,
            Architecture.RiscV64 => 243,
            Architecture.S390x => 22,
            _ => 0,
        };

    public static string NameOf(ushort machine) =>
        machine switch
        {
            3 => "x86 (32 bit)",
            22 => "s390x",
            40 => "arm (32 bit)",
            62 => "x86-64",
            183 => "arm64",
            243 => "riscv64",
            _ => KernelChecks.Text($"machine {machine}"),
        };

    private static List<string> Libraries(Microsoft.Win32.SafeHandles.SafeFileHandle file, List<Segment> segments)
    {
        if (segments.Find(s => s.Kind == Dynamic) is not { } dynamic)
        {
            return [];
        }

        var entries = Bytes(file, dynamic.Offset, (int)Math.Min(dynamic.Bytes, LargestTable));
        List<long> names = [];
        long strings = 0;
        for (var i = 0; i + 16 <= entries.Length; i += 16)
        {
            var value = BinaryPrimitives.ReadInt64LittleEndian(entries.AsSpan(i + 8));
            switch (BinaryPrimitives.ReadInt64LittleEndian(entries.AsSpan(i)))
            {
                case TagNeeded:
                    names.Add(value);
                    break;
                case TagStrings:
                    strings = value;
                    break;
            }
        }

        // The strings' address is one in memory: the loaded segment around it tells where it is in the file.
        if (segments.Find(s => s.Kind == Load && strings >= s.Address && strings < s.Address + s.Bytes) is not { } around)
        {
            return [];
        }

        var offset = strings - around.Address + around.Offset;
        return [.. names.Select(n => TextAt(Bytes(file, offset + n, 256), 0))];
    }

    private static byte[] Bytes(Microsoft.Win32.SafeHandles.SafeFileHandle file, long at, int count)
    {
        if (at < 0 || count is <= 0 or > LargestTable)
        {
            return [];
        }

        var buffer = new byte[count];
        var read = RandomAccess.Read(file, buffer, at);
        return read == count ? buffer : buffer[..read];
    }

    private static string TextAt(ReadOnlySpan<byte> bytes, int at)
    {
        var end = bytes[at..].IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes[at..] : bytes[at..(at + end)]);
    }

    private sealed record Segment(uint Kind, long Offset, long Address, long Bytes);
}
