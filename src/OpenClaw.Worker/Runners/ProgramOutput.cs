using System.Text;
using System.Text.Json;
using Google.Protobuf;
using OpenClaw.Core.Tasks;

namespace OpenClaw.Worker.Runners;

/// <summary>Makes a result of what a program wrote to its standard output.</summary>
internal static class ProgramOutput
{
    private static readonly ByteString Null = ByteString.CopyFromUtf8("null");

    /// <summary>One JSON value is the result as it is; nothing is null; any other text becomes a JSON string, bad UTF-8 replaced.</summary>
    public static ByteString ToResult(ReadOnlyMemory<byte> output)
    {
        var text = output.Span.Trim("\r\n\t "u8);
        if (text.IsEmpty)
        {
            return Null;
        }

        return PayloadCheck.Check(text) is null
            ? ByteString.CopyFrom(text)
            : ByteString.CopyFrom(
                JsonSerializer.SerializeToUtf8Bytes(Encoding.UTF8.GetString(output.Span).TrimEnd('\n'), OutputJson.Default.String)
            );
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class OutputJson : System.Text.Json.Serialization.JsonSerializerContext;
