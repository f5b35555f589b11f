using System.Buffers.Binary;
using System.Net;

namespace OpenClaw.SystemTests.Network;

/// <summary>One IPv4 packet as it comes out of a host, RFC 791. What is no IPv4 (neighbours and routers of IPv6 announce themselves) has no <see cref="Protocol"/>.</summary>
internal readonly struct Packet(ReadOnlyMemory<byte> bytes)
{
    public const int Icmp = 1;
    public const int Tcp = 6;
    public const int Udp = 17;
    private const int HeaderBytes = 20;

    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    private ReadOnlySpan<byte> Data => Bytes.Span;
    private int Head => (Data[0] & 15) * 4;

    public bool IsIpv4 => Data.Length >= HeaderBytes && Data[0] >> 4 == 4 && Data.Length >= Head;

    /// <summary>0 for what is no IPv4.</summary>
    public int Protocol => IsIpv4 ? Data[9] : 0;

    public uint From => BinaryPrimitives.ReadUInt32BigEndian(Data[12..]);
    public uint To => BinaryPrimitives.ReadUInt32BigEndian(Data[16..]);
    public bool HasPorts => Protocol is Tcp or Udp && Data.Length >= Head + 4;
    public int FromPort => HasPorts ? BinaryPrimitives.ReadUInt16BigEndian(Data[Head..]) : 0;
    public int ToPort => HasPorts ? BinaryPrimitives.ReadUInt16BigEndian(Data[(Head + 2)..]) : 0;

    /// <summary>A TCP segment that opens a connection: SYN without ACK.</summary>
    public bool OpensConnection => Protocol == Tcp && Data.Length >= Head + HeaderBytes && (Data[Head + 13] & 0x12) == 0x02;

    public static uint Number(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    /// <summary>"Port unreachable" for this packet, as a firewall that rejects answers by default: RFC 792, type 3, code 3.</summary>
    public byte[] Unreachable()
    {
        var quoted = Math.Min(Data.Length, Head + 8);
        var answer = new byte[HeaderBytes + 8 + quoted];
        var ip = answer.AsSpan(0, HeaderBytes);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)answer.Length);
        ip[8] = 64;
        ip[9] = Icmp;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], To);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], From);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Checksum(ip));
        var icmp = answer.AsSpan(HeaderBytes);
        icmp[0] = 3;
        icmp[1] = 3;
        Data[..quoted].CopyTo(icmp[8..]);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], Checksum(icmp));
        return answer;
    }

    // RFC 1071: the complement of the ones' complement sum of 16-bit words.
    private static ushort Checksum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (var i = 0; i < data.Length; i += 2)
        {
            sum += i + 1 < data.Length ? BinaryPrimitives.ReadUInt16BigEndian(data[i..]) : (uint)(data[i] << 8);
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
