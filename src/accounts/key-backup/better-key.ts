/** The values of a backed up key that clients set in clear (client-server API, `KeyBackupData`). */
export type KeyQuality = { firstMessageIndex: number; forwardedCount: number; isVerified: boolean }

/**
 * Whether a key replaces the stored key of the same session (client-server API, "Server-side key backups"): a
 * verified key is better than an unverified one, then the lower first message index is better, then the lower
 * forwarded count. Of two equal keys the stored one stays.
 */
export function isBetterKey(key: KeyQuality, stored: KeyQuality): boolean {
  if (key.isVerified !== stored.isVerified) return key.isVerified
  if (key.firstMessageIndex !== stored.firstMessageIndex)
    return key.firstMessageIndex < stored.firstMessageIndex
  return key.forwardedCount < stored.forwardedCount
}
