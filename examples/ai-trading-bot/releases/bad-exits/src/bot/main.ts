console.error('ERROR the model file is missing');
process.exit(1);
