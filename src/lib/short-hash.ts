import { hash } from 'node:crypto'

/**
 * What stands for a pushkey where the pushkey itself must not be seen: enough to tell the few that one person has apart.
 * The first 12 hexadecimal digits of its SHA-256.
 */
export const shortHash = (text: string) => hash('sha256', text).slice(0, 12)
