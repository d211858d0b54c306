"""From an unanswered question to its answer: the queue of artist requests and the sensor that works it."""
