using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OpenClaw.SystemTests.Network;

/// <summary>
/// A network device whose other end is this process: what a host sends comes out of <see cref="TryRead"/>, what is written arrives at
/// the host. Linux, <c>Documentation/networking/tuntap</c>. The device goes with its file, into whichever namespace it was moved.
/// </summary>
internal sealed partial class Tun : IDisposable
{
    private const int ReadWrite = 2;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const nuint SetInterface = 0x400454ca;
    private const short PacketsOfIp = 0x0001;
    private const short WithoutHeader = 0x1000;
    private const int NameBytes = 16;
    private const int RequestBytes = 40;

    private readonly SafeFileHandle file;

    public Tun(string name)
    {
        Name = name;
        var descriptor = open("/dev/net/tun", ReadWrite | NonBlocking | CloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException($"/dev/net/tun: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        file = new SafeFileHandle(descriptor, ownsHandle: true);
        Span<byte> request = stackalloc byte[RequestBytes];
        request.Clear();
        Encoding.ASCII.GetBytes(name, request[..(NameBytes - 1)]);
        MemoryMarshal.Write(request[NameBytes..], PacketsOfIp | WithoutHeader);
        if (ioctl(descriptor, SetInterface, ref MemoryMarshal.GetReference(request)) < 0)
        {
            throw new IOException($"a device {name}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    public string Name { get; }

    public int Descriptor => (int)file.DangerousGetHandle();

    /// <summary>The next packet that the host has sent; 0 when there is none.</summary>
    public int TryRead(Span<byte> into) => Math.Max(0, (int)read(Descriptor, ref MemoryMarshal.GetReference(into), (nuint)into.Length));

    /// <summary>A packet for the host. One that it cannot take (its device is down, its queue full) is lost, as on any network.</summary>
    public void Write(ReadOnlySpan<byte> packet) => _ = write(Descriptor, ref MemoryMarshal.GetReference(packet), (nuint)packet.Length);

    public void Dispose() => file.Dispose();

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPStr)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(int descriptor, nuint request, ref byte argument);

    [DllImport("libc", SetLastError = true)]
    private static extern nint read(int descriptor, ref byte buffer, nuint count);

    [DllImport("libc", SetLastError = true)]
    private static extern nint write(int descriptor, ref readonly byte buffer, nuint count);
}
