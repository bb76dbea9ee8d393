// The calendar of date fields: cally's elements, loaded when somebody opens the first one.

import "cally";
