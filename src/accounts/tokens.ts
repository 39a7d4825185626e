import { hash } from 'node:crypto'
import type { DeviceId, Random } from '../lib/ids.ts'

const TOKEN_BYTES = 32
const DEVICE_ID_LETTERS = 10

/** A new access token: 256 random bits. Secret scanners can recognise a leaked token by its prefix. */
export function newToken(random: Random): string {
  return `blf_${random.token(TOKEN_BYTES)}`
}

/** The stored form of a token. It needs no salt and no stretching, because 256 random bits cannot be guessed. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url')
}

/** Ten capital letters, the form that clients are used to. */
export function newDeviceId(random: Random): DeviceId {
  return letters(random, DEVICE_ID_LETTERS, 65) as DeviceId
}

export function letters(random: Random, count: number, first: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(first + random.below(26))).join('')
}
