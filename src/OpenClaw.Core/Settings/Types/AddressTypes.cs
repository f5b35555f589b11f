namespace OpenClaw.Core.Settings;

/// <summary>One address: <c>host:port</c>. A bare host gets the default port.</summary>
public sealed class AddressType(int defaultPort) : SettingType<HostPort>
{
    public override string Name => "address";

    public override string Expected => $"an address like 127.0.0.1:{defaultPort} or [::1]:{defaultPort}, without http://";

    public override bool TryParse(string text, out HostPort value) => HostPort.TryParse(text, defaultPort, out value);

    public override string Format(HostPort value) => value.ToString();
}

/// <summary>One address or several: a list, or one text with commas.</summary>
public sealed class AddressListType(int defaultPort) : SettingType<IReadOnlyList<HostPort>>
{
    public override string Name => "addresses";

    public override string Expected => $"an address like 192.168.1.10:{defaultPort}, or a list of them, without http://";

    public override Reading<IReadOnlyList<HostPort>> Read(SettingNode node) =>
        TextListType.TryTexts(node, out var texts) && TryAll(texts, out var value) ? new(value, null) : Wrong();

    public override bool TryParse(string text, out IReadOnlyList<HostPort> value) => TryAll(TextListType.Split(text), out value);

    public override string Format(IReadOnlyList<HostPort> value) => string.Join(", ", value);

    private bool TryAll(IReadOnlyList<string> texts, out IReadOnlyList<HostPort> value)
    {
        var all = new List<HostPort>(texts.Count);
        value = all;
        foreach (var text in texts)
        {
            if (!HostPort.TryParse(text, defaultPort, out var one) || one.Port == 0)
            {
                return false;
            }
            all.Add(one);
        }
        return all.Count > 0;
    }
}
