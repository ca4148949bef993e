// What require('@curveball/session') returns: the function, which also has all that can be imported by name.
const all = require('../dist/index.js');

module.exports = Object.assign(all.session, all);
