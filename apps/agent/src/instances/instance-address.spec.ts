// Which descriptors lead to one instance of a cluster, and which may lead anywhere.
import { descriptorOf, instanceAddress } from './instance-address';

it('leads to the named instance behind the listener that discovery found', () => {
  expect(instanceAddress('db2-vip:1521/orcl.example.com', 'ORCL2')).toEqual({
    host: 'db2-vip',
    port: 1521,
    service: 'orcl.example.com',
    instance: 'ORCL2',
  });
  expect(descriptorOf('db2-vip:1521/orcl', 'ORCL2')).toContain('(INSTANCE_NAME=ORCL2)(SERVER=DEDICATED)');
});

it('does not pretend to know where a longer descriptor leads', () => {
  const scan = '(DESCRIPTION=(ADDRESS=(HOST=scan)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=orcl)))';
  expect(instanceAddress(scan, 'ORCL2')).toBeNull();
  expect(descriptorOf(scan, 'ORCL2')).toBe(scan);
});
