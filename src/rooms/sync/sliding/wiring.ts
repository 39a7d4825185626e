import type { Clock } from '../../../lib/clock.ts'
import type { Random } from '../../../lib/ids.ts'
import type { Typing } from '../../typing.ts'
import { accountDataSection, type SectionDeps } from '../sections.ts'
import type { SyncSection } from '../section.ts'
import { accountDataExtension } from './account-data-extension.ts'
import { type ConnectionLimits, createConnections } from './connections.ts'
import type { SlidingDeps } from './deps.ts'
import { encryptionExtension, toDeviceExtension, typingExtension } from './device-extensions.ts'
import { createNewRooms } from './new-rooms.ts'
import { createRoomLists } from './room-lists.ts'
import { createStreamNews } from './stream-news.ts'
import { receiptsExtension } from './receipts-extension.ts'
import { threadSubscriptionsExtension } from './thread-subscriptions-extension.ts'
import { createWindowCache } from './window-cache.ts'

type Given = SectionDeps &
  Omit<
    SlidingDeps,
    'connections' | 'streamNews' | 'roomLists' | 'newRooms' | 'windowCache' | 'extensions' | 'tokenParts'
  > &
  ConnectionLimits & { clock: Clock; random: Random; typing: Typing }

/** @param encryption the section of /sync for encryption, from a later stage */
export function slidingDeps(given: Given, encryption: SyncSection): SlidingDeps {
  const accountData = accountDataSection(given)
  const streamNews = createStreamNews()
  return {
    ...given,
    connections: createConnections(given),
    streamNews,
    roomLists: createRoomLists(streamNews),
    newRooms: createNewRooms(),
    windowCache: createWindowCache(),
    extensions: {
      to_device: toDeviceExtension(given),
      e2ee: encryptionExtension(encryption),
      account_data: accountDataExtension(accountData),
      receipts: receiptsExtension(given),
      typing: typingExtension(given.typing),
      ...(given.experimental?.threadSubscriptions === true && {
        'io.element.msc4308.thread_subscriptions': threadSubscriptionsExtension,
      }),
    },
    tokenParts: () => ({ typing: given.typing.serial(), ...accountData.tokenParts?.() }),
  }
}
