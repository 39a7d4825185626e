import type { MessageTable } from './words.ts'

// The keys of each domain with their parameters. `test/language/catalogues.test.ts` compares the catalogues
// with this table, and refuses a key that no code uses.

/** Mails about unread events, and mails that validate an address. */
export const mailMessages = {
  'message-from': { sender: 'text' },
  'message-from-in': { sender: 'text', room: 'text' },
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
  'devices-link': {},
  'why-link': {},
  'test-subject': {},
  'test-text': {},
  'confirm-subject': {},
  'confirm-request': { server: 'text' },
  'confirm-if-you': {},
  'confirm-if-not': {},
} as const satisfies MessageTable

/** Texts of notifications, and sentences about events in mails. */
export const notificationMessages = {
  message: { sender: 'text', text: 'text' },
  'sent-message': { sender: 'text' },
  'sent-picture': { sender: 'text' },
  'sent-video': { sender: 'text' },
  'sent-recording': { sender: 'text' },
  'sent-file': { sender: 'text' },
  'sent-location': { sender: 'text' },
  'sent-sticker': { sender: 'text' },
  'sent-encrypted': { sender: 'text' },
  'sent-nothing': { sender: 'text' },
  invited: { sender: 'text' },
  'invited-to': { sender: 'text', room: 'text' },
  joined: { sender: 'text' },
  knocked: { sender: 'text' },
  'changed-members': { sender: 'text' },
  'voice-call': { sender: 'text' },
  'video-call': { sender: 'text' },
  'did-something': { sender: 'text' },
  'new-notification': {},
  unread: { count: 'number' },
  'empty-room': {},
  'room-invite': {},
  'name-and-others': { name: 'text', count: 'number' },
} as const satisfies MessageTable

/** Pages behind the links in mails. */
export const pageMessages = {
  'invalid-title': {},
  'invalid-text': {},
  'confirm-title': {},
  'confirm-text': { address: 'text', server: 'text' },
  'confirm-hint': {},
  'confirm-button': {},
  'confirmed-title': {},
  'confirmed-text': { address: 'text' },
  'end-title': {},
  'end-text': { user: 'text', address: 'text' },
  'end-button': {},
  'ended-title': {},
  'ended-text': {},
} as const satisfies MessageTable
