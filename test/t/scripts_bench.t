# A benchmark that is interrupted leaves nothing behind. scripts_tunnels.t has those of tunnels.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Interrupt;

chdir($ENV{UPGRADE_TEST_TOP} || die 'run this through build/test') or die $!;

leaves_nothing('bench',        'left/upgrade-bench.*/httpd.pid');
leaves_nothing('bench-hello',  'left/upgrade-bench.*/httpd.pid');
leaves_nothing('bench-status', 'left/upgrade-bench.*/httpd.pid');
leaves_nothing('bench-echo',   'left/upgrade-bench.*/httpd.pid');

done_testing;
