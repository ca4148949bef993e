import { getIronSession } from 'iron-session';

export const title = 'iron-session';
export const packages = ['iron-session'];
export const keepsSessionsIn = 'cookie';

const OPTIONS = { password: 'x'.repeat(32), cookieName: 'session', cookieOptions: { secure: false } };

/** Without a framework, as its documentation has it for Node.js. */
export function listener(hasSessions) {

  return async (request, response) => {
    response.setHeader('Content-Type', 'text/plain');
    // Only what uses the session asks for it.
    const session = hasSessions && request.url !== '/' ? await getIronSession(request, response, OPTIONS) : undefined;
    switch (request.url) {
      case '/sign-in':
        if (session) {
          Object.assign(session, { userId: 5, name: 'Ada' });
          await session.save();
        }
        response.end('welcome');
        break;
      case '/read':
        response.end(String(session ? session.userId : 5));
        break;
      case '/change':
        if (session) {
          session.count = (session.count ?? 0) + 1;
          await session.save();
        }
        response.end('changed');
        break;
      default:
        response.end('hello');
    }
  };

}
