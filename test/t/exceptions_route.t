# Exceptions from a route cannot be spoofed: see lib/Exceptions.pm.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Exceptions;

prepare();
try_phase('route');

done_testing;
