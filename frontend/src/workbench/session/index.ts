/** Who is signed in. */
export { keepPreferences, readSession, signOut, type Session } from './api';
export { SignIn, type Chosen } from './SignIn';
export { csrfToken, keepCsrfToken } from './token';
