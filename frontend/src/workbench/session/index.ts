/** Who is signed in. */
export { keepPreferences, readSession, signOut, type Session } from './api';
export { SignIn } from './SignIn';
export { csrfToken, keepCsrfToken } from './token';
