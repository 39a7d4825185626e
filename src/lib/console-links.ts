/** The path of the web console. */
export const CONSOLE_PATH = '/_belfry/console'

/**
 * The address of the journey of an event in the web console. `server`: the URL of the server, without a slash
 * at its end.
 */
export const consoleJourney = (server: string, eventId: string): string =>
  `${server}${CONSOLE_PATH}/journeys/${encodeURIComponent(eventId)}`

/** The address of the devices of a user, with their settings, in the web console. */
export const consoleDevices = (server: string): string => `${server}${CONSOLE_PATH}/devices`
