import { createHash } from 'node:crypto'

/**
 * What stands for a pushkey where the pushkey itself must not be seen: enough to tell the few that one person has apart.
 * The first 12 hexadecimal digits of its SHA-256.
 */
export const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)
