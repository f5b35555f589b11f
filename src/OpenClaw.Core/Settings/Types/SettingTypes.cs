namespace OpenClaw.Core.Settings;

/// <summary>The types that rows of the schema choose from. A section with a shape of its own brings its own <see cref="SettingType{T}"/>.</summary>
public static class SettingTypes
{
    public static TextType Text { get; } = new();

    public static PathType Path { get; } = new();

    public static IntType Int { get; } = new();

    public static NumberType Number { get; } = new();

    public static BoolType Bool { get; } = new();

    public static DurationType Duration { get; } = new();

    public static SizeType Size { get; } = new();

    public static TextListType TextList { get; } = new();

    public static LabelsType Labels { get; } = new();

    public static AddressType Address(int defaultPort) => new(defaultPort);

    public static AddressListType Addresses(int defaultPort) => new(defaultPort);

    public static ChoiceType<T> Choice<T>()
        where T : struct, Enum => new();
}
