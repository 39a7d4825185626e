import type { Command } from './command.ts'

/**
 * All commands by their words, in the order of `belfry --help`. A command is loaded when it runs: the server
 * needs no other one.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).start,
  serve: async () => (await import('./serve.ts')).serve,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./backup.ts')).restore,
  verify: async () => (await import('./backup.ts')).verify,
  'database copy': async () => (await import('./database-copy.ts')).databaseCopy,
  worker: async () => (await import('./worker.ts')).worker,
  'cluster status': async () => (await import('./cluster-status.ts')).clusterStatus,
  'gateway check': async () => (await import('./gateway.ts')).gatewayCheck,
  'gateway trace': async () => (await import('./gateway-trace.ts')).gatewayTrace,
  'gateway vapid': async () => (await import('./gateway-vapid.ts')).gatewayVapid,
  gateway: async () => (await import('./gateway.ts')).gateway,
  'user add': async () => (await import('./user.ts')).userAdd,
  'user list': async () => (await import('./user.ts')).userList,
  'user password': async () => (await import('./user.ts')).userPassword,
  'user deactivate': async () => (await import('./user.ts')).userDeactivate,
  'user promote': async () => (await import('./user.ts')).userPromote,
  'user demote': async () => (await import('./user.ts')).userDemote,
  'user lock': async () => (await import('./user.ts')).userLock,
  'user unlock': async () => (await import('./user.ts')).userUnlock,
  'user suspend': async () => (await import('./user.ts')).userSuspend,
  'user unsuspend': async () => (await import('./user.ts')).userUnsuspend,
  'user export': async () => (await import('./user.ts')).userExport,
  login: async () => (await import('./login.ts')).login,
  'token create': async () => (await import('./token.ts')).tokenCreate,
  'token list': async () => (await import('./token.ts')).tokenList,
  'token delete': async () => (await import('./token.ts')).tokenDelete,
  'room list': async () => (await import('./room.ts')).roomList,
  'room members': async () => (await import('./room.ts')).roomMembers,
  'room shutdown': async () => (await import('./room.ts')).roomShutdown,
  'room purge': async () => (await import('./room.ts')).roomPurge,
  'report list': async () => (await import('./report.ts')).reportList,
  'report close': async () => (await import('./report.ts')).reportClose,
  'media usage': async () => (await import('./media.ts')).mediaUsage,
  'media list': async () => (await import('./media.ts')).mediaList,
  'media prune': async () => (await import('./media.ts')).mediaPrune,
  'media remove': async () => (await import('./media.ts')).mediaRemove,
  'media block': async () => (await import('./media.ts')).mediaBlock,
  'media blocked': async () => (await import('./media.ts')).mediaBlocked,
  openapi: async () => (await import('./openapi.ts')).openApi,
  'push doctor': async () => (await import('./push-doctor.ts')).pushDoctor,
  'push explain': async () => (await import('./push-explain.ts')).pushExplain,
  'push journeys': async () => (await import('./push-journeys.ts')).pushJourneys,
  'push trace': async () => (await import('./push-trace.ts')).pushTrace,
  'push status': async () => (await import('./push-status.ts')).pushStatus,
  'push test': async () => (await import('./send-test-push.ts')).pushTest,
}

/** The words of the command that these arguments name: the longest that matches. */
export function commandIn(argv: readonly string[]): string | undefined {
  const matching = Object.keys(COMMANDS).filter((words) => isPrefix(words.split(' '), argv))
  return matching.toSorted((one, other) => other.length - one.length)[0]
}

function isPrefix(words: readonly string[], argv: readonly string[]): boolean {
  return words.every((word, at) => argv[at] === word)
}
