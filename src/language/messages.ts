import type { MessageTable } from './words.ts'

// The keys of each domain with their parameters. `test/language/catalogues.test.ts` compares the catalogues with this table, and refuses a key
// that no code uses.

/** Mails about unread events, and mails that validate an address. */
export const mailMessages = {
  'message-from': { sender: 'text' },
  'message-from-in': { sender: 'text', room: 'text' },
  invitation: { sender: 'text' },
  'invitation-to': { sender: 'text', room: 'text' },
  'count-in-room': { count: 'number', room: 'text' },
  'count-in-rooms': { count: 'number', rooms: 'number' },
  'new-notifications': {},
  'more-events': { count: 'number' },
  'more-rooms': { rooms: 'number' },
  wrote: { sender: 'text' },
  'no-name': {},
  about: { server: 'text' },
  'end-below': {},
  'end-link': {},
  'test-subject': {},
  'test-text': {},
  'confirm-subject': {},
  'confirm-request': { server: 'text' },
  'confirm-if-you': {},
  'confirm-if-not': {},
} as const satisfies MessageTable

/** Sentences about an event. Their subject is the sender. */
export const notificationMessages = {
  'sent-picture': { sender: 'text' },
  'sent-video': { sender: 'text' },
  'sent-recording': { sender: 'text' },
  'sent-file': { sender: 'text' },
  'sent-location': { sender: 'text' },
  'sent-sticker': { sender: 'text' },
  'sent-encrypted': { sender: 'text' },
  'sent-nothing': { sender: 'text' },
  invited: { sender: 'text' },
  joined: { sender: 'text' },
  knocked: { sender: 'text' },
  'changed-members': { sender: 'text' },
  'did-something': { sender: 'text' },
} as const satisfies MessageTable
