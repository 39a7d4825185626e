/** The differences between the room versions that this server supports (specification, "Room Versions"). */
export type RoomVersion = {
  readonly id: '10' | '11' | '12'
  /** The content of `m.room.create` also names the sender. */
  readonly namesCreator: boolean
  /** Version 11: a redaction names its event in its content, and redaction itself keeps other keys. */
  readonly redactsInContent: boolean
  /** Version 12: the power level of creators is above all others, and the room id comes from the create event. */
  readonly creatorsRule: boolean
}

export const ROOM_VERSIONS: ReadonlyMap<string, RoomVersion> = new Map([
  ['10', { id: '10', namesCreator: true, redactsInContent: false, creatorsRule: false }],
  ['11', { id: '11', namesCreator: false, redactsInContent: true, creatorsRule: false }],
  ['12', { id: '12', namesCreator: false, redactsInContent: true, creatorsRule: true }],
])

/** The version of an existing room. Every room was created with a version that this server supports. */
export function storedVersion(id: string): RoomVersion {
  const version = ROOM_VERSIONS.get(id)
  if (!version) throw new Error(`a room has version ${id}, which this server does not support`)
  return version
}
