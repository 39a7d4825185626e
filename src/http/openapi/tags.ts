// Tags of the document, by path below the prefixes of the client-server API. The first match applies.

const TAGS: readonly (readonly [RegExp, string])[] = [
  [/^\/_matrix\/push\//, 'Push gateway'],
  [/^\/_belfry\//, 'Belfry'],
  [/^\/(health|ready|metrics)$/, 'Operation'],
  [/org\.belfry\/email/, 'Pages that links in mails open'],
  [/\/pushrules\//, 'Push rules'],
  [/\/pushrules$/, 'Push rules'],
  [/\/pushers\/|\/pushers$|^\/notifications$/, 'Pushers and notifications'],
  [/^\/(sync|events)$/, 'Sync'],
  [/^\/(rooms|createRoom|join|knock|joined_rooms|directory|publicRooms)\b/, 'Rooms'],
  [/^\/(register|login|logout|account|refresh)\b/, 'Account'],
  [/^\/(devices|delete_devices)\b/, 'Devices'],
  [/\/media\//, 'Media'],
  [/^\/(profile|user)\b/, 'User data'],
]

/** @param path without the prefix, for a route with several prefixes */
export function tagOf(path: string): string {
  return TAGS.find(([pattern]) => pattern.test(path))?.[1] ?? 'Server'
}
