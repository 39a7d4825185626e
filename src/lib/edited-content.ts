import { isJsonObject, type JsonObject } from './json.ts'

/**
 * The content of an event with an edit: the new content with the original relation, because an edit cannot
 * change the relation (client-server API, "Event replacements"). undefined: the edit has no content that the
 * server can read, as that of an encrypted event.
 */
export function editedContent(
  { type, content }: { type: string; content: JsonObject },
  edit: JsonObject | undefined,
): JsonObject | undefined {
  const replaced = edit?.['m.new_content']
  // In an encrypted edit this key has no meaning: the new content is in the encrypted part.
  if (!isJsonObject(replaced) || type === 'm.room.encrypted') return undefined
  const { 'm.relates_to': _, ...others } = replaced
  const relation = content['m.relates_to']
  return { ...others, ...(relation !== undefined && { 'm.relates_to': relation }) }
}
