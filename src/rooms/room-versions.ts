/** What differs between the room versions that this server makes and keeps (specification, "Room Versions"). */
export type RoomVersion = {
  readonly id: '10' | '11' | '12'
  /** The sender of `m.room.create` is named in its content as well. */
  readonly namesCreator: boolean
  /** Version 11: a redaction names its event in its content, and redaction itself lets other keys stay. */
  readonly redactsInContent: boolean
  /** Version 12: creators stand above all power levels, and the room's id comes from its create event. */
  readonly creatorsRule: boolean
}

export const ROOM_VERSIONS: ReadonlyMap<string, RoomVersion> = new Map([
  ['10', { id: '10', namesCreator: true, redactsInContent: false, creatorsRule: false }],
  ['11', { id: '11', namesCreator: false, redactsInContent: true, creatorsRule: false }],
  ['12', { id: '12', namesCreator: false, redactsInContent: true, creatorsRule: true }],
])

/** The version of a room that exists: it was made with one that this server knows. */
export function storedVersion(id: string): RoomVersion {
  const version = ROOM_VERSIONS.get(id)
  if (!version) throw new Error(`a room has version ${id}, which this server does not know`)
  return version
}
