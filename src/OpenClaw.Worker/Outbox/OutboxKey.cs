using OpenClaw.Worker.Core;

namespace OpenClaw.Worker.Outbox;

/// <summary>An outcome in the outbox: whose attempt it was.</summary>
public readonly record struct OutboxKey(long Incarnation, AttemptKey Attempt);
