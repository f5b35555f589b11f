using System.Text.Json.Serialization;

namespace OpenClaw.Manager.Api;

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class LabelsJson : JsonSerializerContext;
