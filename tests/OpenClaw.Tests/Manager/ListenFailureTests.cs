using System.Net;
using System.Net.Sockets;
using OpenClaw.Core.Errors;
using OpenClaw.Core.Settings;
using OpenClaw.Manager;

namespace OpenClaw.Tests.Manager;

/// <summary>Why a manager cannot listen is told by its cause, with the address that it is about.</summary>
public sealed class ListenFailureTests
{
    [Theory]
    [InlineData(SocketError.AddressAlreadyInUse, "clw-port-in-use")]
    [InlineData(SocketError.AddressNotAvailable, "clw-listen-failed")]
    [InlineData(SocketError.AccessDenied, "clw-listen-failed")]
    [InlineData(SocketError.AddressFamilyNotSupported, "clw-listen-failed")]
    public void Each_cause_has_its_code(SocketError error, string code)
    {
        var failure = ListenFailures.Of(error, new("127.0.0.1", 0), new("127.0.0.1", 0));
        Assert.Equal(code, failure.Code);
        Assert.Contains("127.0.0.1:0", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_address_that_is_refused_is_named_with_its_own_flag()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var web = new HostPort("127.0.0.1", ((IPEndPoint)taken.LocalEndPoint!).Port);
        var failure = ListenFailures.Of(SocketError.AddressAlreadyInUse, new("127.0.0.1", 0), web);
        Assert.Contains($"{web}", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--web", failure.NextStep, StringComparison.Ordinal);
    }
}
