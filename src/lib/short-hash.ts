import { hash } from 'node:crypto'

/**
 * Stands for a pushkey where the pushkey itself must not be shown. It is long enough to distinguish the pushkeys of
 * one user. The first 12 hexadecimal digits of its SHA-256.
 */
export const shortHash = (text: string) => hash('sha256', text).slice(0, 12)
