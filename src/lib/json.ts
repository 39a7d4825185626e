export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [key: string]: Json }

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parses a JSON object that this program has written itself. */
export function parseStored(text: string): JsonObject {
  return JSON.parse(text) as JsonObject
}
