import { EXAMPLE_CONFIG, onApp, workCommand } from './work-command.ts'

/** For scripts and bots: an access token without a password, directly in the database. */
export const login = workCommand({
  usage: 'login NAME',
  summary: 'print an access token for an account, on a device of its own',
  about: `NAME is a user name or a full user id. The token is valid until the device is logged out. For commands that call a server:
  BELFRY_TOKEN=$(belfry login alice ${EXAMPLE_CONFIG}) belfry push status`,
  options: {
    device: {
      value: 'ID',
      about: 'The id of the device; the previous token of a known device ends. [a new device]',
    },
    'device-name': { value: 'TEXT', about: 'The name of a new device, as its user sees it. [belfry login]' },
  },
  examples: [`belfry login alice --device BACKUPBOT --device-name "Backup bot" ${EXAMPLE_CONFIG}`],
  work: onApp(async (app, { given: [name = ''], options }) => {
    const session = await app.accounts.login(name, {
      deviceId: options['device'],
      displayName: options['device-name'] ?? 'belfry login',
    })
    return { text: session.access_token, json: session }
  }),
})
