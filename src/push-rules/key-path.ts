/** The path whose text is searched for words. The same property written with escapes is another path. */
export const BODY_KEY = 'content.body'
export const ROOM_ID_KEY = 'room_id'
export const MENTIONED_USERS_KEY = 'content.m\\.mentions.user_ids'

/** The key of a condition, split into the property names that lead to the value. */
export type KeyPath = {
  readonly key: string
  readonly names: readonly string[]
  /** For a path into the content: the name of the property there, and the names below it. */
  readonly inContent: { readonly name: string; readonly below: readonly string[] } | undefined
}

/**
 * Parses a dot-separated path (appendices, "Dot-separated property paths"). Inside a name `\.` is a dot and `\\` a
 * backslash. A backslash before another character, or at the end, is an ordinary character. Empty names are legal.
 */
export function parseKeyPath(key: string): KeyPath {
  return USUAL_PATHS.get(key) ?? pathOf(key)
}

function pathOf(key: string): KeyPath {
  const names = namesIn(key)
  const [first, name, ...below] = names
  const isInContent = first === 'content' && name !== undefined
  return { key, names, inContent: isInContent ? { name, below } : undefined }
}

function namesIn(key: string): string[] {
  if (!key.includes('\\')) return key.split('.')
  const names: string[] = []
  let name = ''
  for (let at = 0; at < key.length; at++) {
    const char = key.charAt(at)
    const next = key.charAt(at + 1)
    if (char === '\\' && (next === '.' || next === '\\')) {
      name += next
      at++
    } else if (char === '.') {
      names.push(name)
      name = ''
    } else {
      name += char
    }
  }
  names.push(name)
  return names
}

/** The paths of most rules. They are shared to save memory. */
const USUAL_PATHS: ReadonlyMap<string, KeyPath> = new Map(
  [BODY_KEY, ROOM_ID_KEY, MENTIONED_USERS_KEY, 'type', 'sender', 'state_key', 'content.msgtype'].map(
    (key) => [key, pathOf(key)],
  ),
)

/** The value at a path, or undefined. Only own properties of objects count; lists and strings are not traversed. */
export function valueAt(root: unknown, names: readonly string[]): unknown {
  let value = root
  for (const name of names) {
    if (!isObject(value)) return undefined
    value = ownValue(value, name)
  }
  return value
}

/** The value of an own property, or undefined. */
export function ownValue(object: Record<string, unknown>, name: string): unknown {
  const value = object[name]
  // Inherited properties are rare, so this check comes last.
  return value === undefined || !Object.hasOwn(object, name) ? undefined : value
}

/** Whether the value is a JSON object, not null and not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
