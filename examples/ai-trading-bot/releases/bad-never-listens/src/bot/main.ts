// Waits for something that never comes, as a program that waits for its database does.
console.log('waiting for the model to load');
setInterval(() => undefined, 60_000);
