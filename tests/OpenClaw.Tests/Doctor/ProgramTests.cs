using OpenClaw.Abi.Files;
using OpenClaw.Abi.Processes;
using OpenClaw.Cli.Doctor;

namespace OpenClaw.Tests.Doctor;

/// <summary>Executables that cannot run on this machine, and what the machine tells of itself.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("clw-programs-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_program_of_this_machine_is_read_as_what_it_is()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF files are Linux'");
        var elf = ElfFile.Read("/bin/sh")!;
        Assert.Equal(ElfFile.Here, elf.Machine);
        Assert.True(elf.Is64Bit);
        Assert.StartsWith("/lib", elf.Interpreter, StringComparison.Ordinal);
        Assert.Contains(elf.Needed, n => n.StartsWith("libc.", StringComparison.Ordinal));
        Assert.Null(ProgramChecks.ProblemOf("/bin/sh", new LibraryIndex()));
    }

    [Fact]
    public void A_program_of_another_machine_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF files are Linux'");
        // e_machine stands at 18: 183 is arm64, 62 x86-64.
        var other = (ushort)(ElfFile.Here == 183 ? 62 : 183);
        Plugin("resize", bytes => BitConverter.TryWriteBytes(bytes.AsSpan(18), other));
        var found = ProgramChecks.OfPlugins(directory, new LibraryIndex());
        Assert.Equal((Level.Fail, "clw-plugin-invalid"), (found.Level, found.Code));
        Assert.Contains($"resize: is built for {ElfFile.NameOf(other)}", found.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_loader_and_a_missing_library_are_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF files are Linux'");
        var loader = ElfFile.Read("/bin/sh")!.Interpreter!;
        Plugin("musl", bytes => Replace(bytes, loader, loader.Replace("ld-", "lx-", StringComparison.Ordinal)));
        Assert.Contains(
            "needs the loader",
            ProgramChecks.ProblemOf(Path.Combine(directory, "musl"), new LibraryIndex()),
            StringComparison.Ordinal
        );
        Plugin("lonely", bytes => Replace(bytes, "libc.so.6", "libx.so.6"));
        Assert.Contains(
            "libx.so.6",
            ProgramChecks.ProblemOf(Path.Combine(directory, "lonely"), new LibraryIndex()),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_script_and_a_cut_file_are_no_elf_files()
    {
        var script = Path.Combine(directory, "script");
        File.WriteAllText(script, "#!/bin/sh\n");
        Assert.Null(ElfFile.Read(script));
        File.WriteAllBytes(script, [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]);
        Assert.Null(ElfFile.Read(script));
        File.WriteAllBytes(script, [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, .. new byte[58]]);
        Assert.Equal([], ElfFile.Read(script)!.Needed);
    }

    [Fact]
    public void The_machine_tells_its_room_and_its_clock()
    {
        var room = DiskRoom.Of(directory)!.Value;
        Assert.InRange(room.FreeBytes, 1, room.TotalBytes);
        Assert.Null(DiskRoom.Of(Path.Combine(directory, "nothing")));
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the kernel's clock is asked on Linux");
        Assert.NotNull(KernelClock.IsSynchronised());
    }

    private void Plugin(string name, Action<byte[]> change)
    {
        var bytes = File.ReadAllBytes("/bin/sh");
        change(bytes);
        var path = Path.Combine(directory, name);
        File.WriteAllBytes(path, bytes);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void Replace(byte[] bytes, string from, string to)
    {
        var at = bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(from + "\0"));
        Assert.True(at >= 0, from);
        System.Text.Encoding.ASCII.GetBytes(to).CopyTo(bytes, at);
    }
}
