import { hash } from 'node:crypto'

/** 132 bits, enough that no two are the same. */
const CHARACTERS = 22

/**
 * A name for the `data` of a pusher, whatever the order of its keys. `undefined` for no data, so that the names of what has none are
 * what they were before data was part of them.
 */
export function dataKeyOf(data: Readonly<Record<string, unknown>> | null | undefined): string | undefined {
  if (data === undefined || data === null || Object.keys(data).length === 0) return undefined
  return hash('sha256', JSON.stringify(data, inOrder), 'base64url').slice(0, CHARACTERS)
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
